// Sets the theme before the first paint, so that a dark window does not flash white.
(function () {
  var choice = null;
  try {
    choice = localStorage.getItem('theme');
  } catch (_) {
    /* storage may be switched off: the system's choice holds */
  }
  var dark =
    choice === 'dark' ||
    (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
