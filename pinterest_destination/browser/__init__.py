"""pintrk calls as code for a page: scripts, and images for visitors without JavaScript."""
