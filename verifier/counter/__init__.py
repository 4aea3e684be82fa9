"""The counter (人工窗口): what terminals referred, and what a person at the desk does about it."""
