"""Runs on a cluster of dask.distributed. Only `dask_link` and `dask_worker` import dask."""
