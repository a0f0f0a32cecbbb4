"""The stores' side of One-Key: an own web app, exposed to the internet apart from the console.

Today it shows what the centre offers; jobs come with dispatch.
"""
