"""The bench itself: its peers are honest and what it missed is said plainly."""
