"""Around a job: logs, lost groups, restarts."""
