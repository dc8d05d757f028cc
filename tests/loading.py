"""Programs that tests start as processes of their own: the readers of one rank of a distributed run."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from torch.utils.data import DataLoader

WORKERS = 2


def webdataset_keys(folder: Path) -> list[str]:
    """Keys that this rank's loader processes read, by webdataset's own division of shards."""
    import webdataset

    tars = [str(path) for path in sorted((folder / "pretrain").glob("*.tar"))]
    data = webdataset.WebDataset(tars, shardshuffle=False, nodesplitter=webdataset.split_by_node)
    return [sample["__key__"] for sample in DataLoader(data, batch_size=None, num_workers=WORKERS)]


def sampler_keys(folder: Path) -> list[str]:
    """Keys of this rank by torch's own sampler over our data set, in a process group."""
    from torch import distributed
    from torch.utils.data import DistributedSampler

    from training import CorpusDataset

    distributed.init_process_group("gloo")
    data = CorpusDataset(folder, modalities=("depth",))
    numbers = list(DistributedSampler(data, shuffle=False))
    loader = DataLoader(data, batch_size=4, sampler=DistributedSampler(data, shuffle=False), num_workers=WORKERS)
    assert sum(len(batch["depth"]) for batch in loader) == len(numbers)
    distributed.destroy_process_group()
    return [data.keys[number] for number in numbers]


if __name__ == "__main__":
    reader = {"webdataset": webdataset_keys, "sampler": sampler_keys}[sys.argv[1]]
    rank_file = Path(sys.argv[3]) / f"{os.environ['RANK']}.json"
    rank_file.write_text(json.dumps(reader(Path(sys.argv[2]))))
