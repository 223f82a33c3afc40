// Starts the app in the shell. The address of this file carries the version; what it starts is of
// the same.
const { search } = new URL(import.meta.url);
// The server would send a visitor of the root on to the board.
if (location.pathname === "/") history.replaceState(null, "", "/board");
try {
  const app = await import(`/pkg/job-hunt-tracker.js${search}`);
  await app.default({ module_or_path: `/pkg/job-hunt-tracker.wasm${search}` });
  app.hydrate();
} catch (error) {
  console.error(error);
  document.getElementById("boot-trouble")?.removeAttribute("hidden");
}
