"""A campaign from its draft to what came of it: its words, who is asked, what they post and what reaches them."""
