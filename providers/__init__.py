"""The stores' side of One-Key: an own web app in a process of its own, exposed to the internet apart from the console (docs/stores-app.md).

routes: what a telephone asks · views: what a person may see of an order · hub: the same, live · access: guards.
"""
