// Before the first paint: the chosen theme, which is this device's alone, and, where a passphrase locks
// the device, that nothing shows before it was asked for (client/device.rs).
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  if (localStorage.getItem("hunt-locked")) document.documentElement.dataset.locked = "";
} catch {
  // Storage is not allowed here: the system's theme it is.
}
