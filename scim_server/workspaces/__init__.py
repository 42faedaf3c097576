"""The resource tree that lower roles refer to: Workspaces and the Deployments in them."""
