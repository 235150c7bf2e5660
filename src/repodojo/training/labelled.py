"""`LabelledTrainer`: TRL's trainer, with only the labelled positions scored where no GPU is.

Off the GPU, TRL scores every position of a row, and attends under a mask that keeps padding out. Half of the
time of a small model goes there. Padding stands at the right, so causal attention never sees it; positions
tell the samples of a pack apart.
"""

from typing import Any

import torch
from torch.nn.functional import cross_entropy
from trl import SFTConfig, SFTTrainer

_IGNORED = -100


class LabelledTrainer(SFTTrainer):  # type: ignore[misc]
    """A trainer of the same loss as TRL's `SFTTrainer`."""

    args: SFTConfig

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:
        """Return the mean cross-entropy of the labelled tokens."""
        if return_outputs or inputs["labels"].device.type != "cpu":
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        labels = inputs["labels"][:, 1:]
        labelled = (labels != _IGNORED).any(dim=0).nonzero().squeeze(1)
        read = {name: inputs[name] for name in ("input_ids", "position_ids") if name in inputs}
        logits = model(**read, logits_to_keep=labelled, use_cache=False).logits
        wanted = labels[:, labelled].flatten()
        total = cross_entropy(logits.flatten(0, 1).float(), wanted, ignore_index=_IGNORED, reduction="sum")
        if num_items_in_batch is None:
            return total / (wanted != _IGNORED).sum().clamp(min=1)
        # The count is of all processes, and their gradients are averaged.
        share = self.accelerator.num_processes if self.args.average_tokens_across_devices else 1
        return total * share / torch.as_tensor(num_items_in_batch).clamp(min=1)
