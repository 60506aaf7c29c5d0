"""The HTML door: the desk, the inbox, the boards and the public pages. Every page works without JavaScript."""
