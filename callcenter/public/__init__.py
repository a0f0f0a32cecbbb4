"""The process that strangers reach: crews' pages, what cities and stores' tills tell, carriers' callbacks. Own port, own address, a database role that
reads next to nothing.

Nobody signs in here. Whatever comes proves itself: a crew by its link, a city, a till and a carrier by their signatures.
"""
