"""An identity provider played against a server: its requests in its own form, and what it needs of each answer.

Pure but for `player.py`: a dialect yields requests, is handed the answers, and never knows who sends them.
"""
