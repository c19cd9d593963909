"""The playground: the files of one page that shows what becomes of an event. `files` finds them; a server hands them out."""
