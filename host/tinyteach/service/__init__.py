"""The use cases, shared by every front end; each module is one part of the job."""
