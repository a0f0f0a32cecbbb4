"""All writes on orders, by what is done: placing, offering (a store is found), doing (at the door), changing."""
