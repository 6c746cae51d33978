"""The studio: TinyTeach as a page in the browser. HTTP and WebSocket over `service`, no logic."""
