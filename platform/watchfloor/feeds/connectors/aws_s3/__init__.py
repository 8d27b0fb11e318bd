"""Amazon Web Services: what a trail, GuardDuty, flow logs or anything else puts into S3, announced by SQS."""
