"""One measurement of PyTorch: the plain training loop of its tutorials, Adam fused."""

import numpy as np
import torch
from torch import nn

from measurement import INFERENCE_ROWS, batch_size, measure, network, read_weights, settings

RECURRENT = ("lstm", "gru")


class ScaledLinear(nn.Linear):
    """A dense layer that multiplies its weights by 0.01 wherever it uses them, as article 003."""

    def forward(self, x):
        return nn.functional.linear(x, self.weight * 0.01, self.bias)


class Residual(nn.Module):
    """A block of residualNetwork.ts."""

    def __init__(self, channels, filters):
        super().__init__()
        changes = channels != filters
        self.pool = nn.AvgPool2d(2) if changes else nn.Identity()
        self.conv1 = nn.Conv2d(channels, filters, 3, padding=1, bias=False)
        self.norm1 = normalization(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, padding=1, bias=False)
        self.norm2 = normalization(filters)
        self.shortcut = nn.Conv2d(channels, filters, 1, bias=False) if changes else nn.Identity()

    def forward(self, x):
        x = self.pool(x)
        y = torch.relu(self.norm1(self.conv1(x)))
        return torch.relu(self.norm2(self.conv2(y)) + self.shortcut(x))


class LastOutput(nn.Module):
    """What a recurrent layer gives out after the last line of a picture."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)[0][:, -1]


def normalization(filters):
    """Batch normalisation with Keras's settings."""
    return nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01)


def make_model():
    """The network up to its logits, which PyTorch's loss takes."""
    layers = {
        "mlp": lambda: [
            nn.Flatten(),
            nn.Linear(784, 1000), nn.ReLU(),
            nn.Linear(1000, 10),
        ],
        "lenet5": lambda: [
            nn.Conv2d(1, 6, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2),
            nn.Conv2d(6, 16, 5), nn.Sigmoid(), nn.AvgPool2d(2),
            nn.Conv2d(16, 120, 5), nn.Sigmoid(),
            nn.Flatten(),
            nn.Linear(120, 84), nn.Sigmoid(),
            nn.Linear(84, 10),
        ],
        "lenet": lambda: [
            nn.Conv2d(1, 6, 5), nn.Sigmoid(), nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5), nn.Sigmoid(), nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(256, 120), nn.Sigmoid(),
            nn.Linear(120, 84), nn.Sigmoid(),
            nn.Linear(84, 10),
        ],
        "cnn": lambda: [
            nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(64, 64, 3), nn.ReLU(),
            nn.Flatten(),
            nn.Linear(576, 64), nn.ReLU(),
            nn.Linear(64, 10),
        ],
        "from-scratch": lambda: [
            nn.Conv2d(1, 6, 5), nn.ReLU(), nn.AvgPool2d(2),
            nn.Conv2d(6, 16, 5), nn.ReLU(), nn.AvgPool2d(2),
            nn.Flatten(),
            ScaledLinear(256, 120), nn.ReLU(),
            ScaledLinear(120, 84), nn.ReLU(),
            ScaledLinear(84, 10),
        ],
        "resnet": lambda: [
            nn.Conv2d(3, 16, 3, padding=1, bias=False), normalization(16), nn.ReLU(),
            Residual(16, 16), Residual(16, 32), Residual(32, 64),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10),
        ],
        "lstm": lambda: [LastOutput(nn.LSTM(28, 128, batch_first=True)), nn.Linear(128, 10)],
        "gru": lambda: [LastOutput(nn.GRU(28, 128, batch_first=True)), nn.Linear(128, 10)],
    }  # fmt: skip
    model = nn.Sequential(*layers[network]())
    set_weights(model)
    return model


def weighted_parameters(model):
    """In the order of the file; batch normalisation starts the same way on all sides."""
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear, nn.RNNBase)):
            yield from module.parameters()


def set_weights(model):
    weights = recurrent_weights() if network in RECURRENT else picture_weights()
    with torch.no_grad():
        for parameter, weight in zip(weighted_parameters(model), weights):
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(weight)))


def recurrent_weights():
    """Keras's GRU has the update gate before the reset gate, its LSTM a single bias."""
    kernel, recurrent_kernel, bias, dense_kernel, dense_bias = read_weights()
    if network == "gru":
        update, reset, candidate = range(3)
        order = [reset, update, candidate]
        kernel, recurrent_kernel, bias = [
            np.concatenate([np.split(weight, 3, -1)[gate] for gate in order], -1)
            for weight in [kernel, recurrent_kernel, bias]
        ]
        biases = bias
    else:
        biases = [bias, np.zeros_like(bias)]
    return [kernel.T, recurrent_kernel.T, *biases, dense_kernel.T, dense_bias]


def picture_weights():
    """Reorders kernels and the features of flattened pictures for PyTorch: channels come before
    height and width."""
    channels = None
    for weight in read_weights():
        if weight.ndim == 4:
            channels = weight.shape[3]
            weight = weight.transpose(3, 2, 0, 1)
        elif weight.ndim == 2:
            if channels:
                inputs = weight.reshape(-1, channels, weight.shape[1])
                weight = inputs.transpose(1, 0, 2).reshape(weight.shape)
                channels = None
            weight = weight.transpose()
        yield weight


def make_optimizer(model):
    learning_rate = settings["optimizer"]["learningRate"]
    if settings["optimizer"]["name"] == "sgd":
        return torch.optim.SGD(model.parameters(), lr=learning_rate)
    # Keras's epsilon; PyTorch's own is 1e-8.
    return torch.optim.Adam(model.parameters(), lr=learning_rate, eps=1e-7, fused=True)


class Loop:
    def __init__(self):
        self.model = make_model()
        self.optimizer = make_optimizer(self.model)
        self.loss = nn.CrossEntropyLoss()
        self.ways_to_predict_one = [lambda x: self.predict(x, 1)]

    def batches(self, x, y, rows):
        x, y = picture_tensor(x), torch.from_numpy(y).long()
        return zip(x.split(rows), y.split(rows))

    def fit(self, x, y, epoch_end):
        self.model.train()
        for _ in range(2):
            total, correct = 0.0, 0
            for pictures, labels in self.batches(x, y, batch_size):
                logits = self.model(pictures)
                loss = self.loss(logits, labels)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                total += loss.item() * len(labels)
                correct += (logits.argmax(1) == labels).sum().item()
            epoch_end(total / len(y))

    def evaluate(self, x, y):
        self.model.eval()
        total, correct = 0.0, 0
        with torch.inference_mode():
            for pictures, labels in self.batches(x, y, INFERENCE_ROWS):
                logits = self.model(pictures)
                total += self.loss(logits, labels).item() * len(labels)
                correct += (logits.argmax(1) == labels).sum().item()
        return total / len(y)

    def predict(self, x, rows):
        self.model.eval()
        with torch.inference_mode():
            answers = [self.model(batch).softmax(1) for batch in picture_tensor(x).split(rows)]
            return torch.cat(answers).numpy()


def picture_tensor(x):
    if network in RECURRENT:
        return torch.from_numpy(x)
    if settings["picture"][-1] == 3:
        return torch.from_numpy(x).permute(0, 3, 1, 2).contiguous()
    return torch.from_numpy(x).reshape(-1, 1, 28, 28)


measure(Loop(), {"torch": torch.__version__})
