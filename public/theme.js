// Sets the chosen theme before the first paint. The choice is this device's alone.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is not allowed here: the system's theme it is.
}
