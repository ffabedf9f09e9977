"""A small window that files can be dragged out of, as out of a file manager.

Arguments: x, y, then the files. Says "ready" once it is on screen and "done" when the drag ended.
"""

import sys
from pathlib import Path

import gi

# Without it GDK 4 comes first where that is installed as well.
gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

x, y, *files = sys.argv[1:]


def say(word):
    print(word, flush=True)


def ready(*_):
    # Once the server has the window, the pointer finds it.
    Gdk.Display.get_default().sync()
    GLib.idle_add(say, "ready")


# A popup takes the place it asks for without a window manager.
window = Gtk.Window(type=Gtk.WindowType.POPUP)
window.set_default_size(40, 30)
area = Gtk.EventBox()
area.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
area.drag_source_add_uri_targets()
uris = [Path(file).absolute().as_uri() for file in files]
area.connect("drag-data-get", lambda _w, _c, data, _i, _t: data.set_uris(uris))
area.connect("drag-begin", lambda *_: say("began"))
area.connect("drag-end", lambda *_: (say("done"), Gtk.main_quit()))
window.connect("map-event", ready)
window.add(area)
window.move(int(x), int(y))
window.show_all()
Gtk.main()
