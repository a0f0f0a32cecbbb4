"""Calls that the centre makes of its own accord: satisfaction after a job or an emergency, care calls, campaigns; and the complaints that come of them.

One `CallPlan` stands for each matter about which somebody is to be asked, from the moment it is planned to its answer: it is rung by a program or by a
person, at most so often, within the hours of the day, and never twice for one attempt. `followup` plans and asks about jobs and emergencies, `care` calls
those who should be looked after, `complaints` keeps what went wrong until somebody has confirmed that it is mended, `satisfaction` counts.

It does not own the conversation itself (calls/dialogs), nor text messages (messaging), nor what an answer is worth in points.
"""
