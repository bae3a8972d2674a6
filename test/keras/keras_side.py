"""The Keras side of run.ts: python keras_side.py make|check 2|3 FOLDER [ONLY]

make: builds a model around each layer below, in each of its configurations, and saves it, with what
Keras computes with it (predictions, and the losses of three training steps) in made.json. ONLY: some
layers, every:N, or random:FIRST-LAST, which puts several of them together, with these seeds.
check: loads the files that the library saved and writes what Keras predicts to checked.json.
"""
import json
import os
import pathlib
import random
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
command, version, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])

os.environ["KERAS_BACKEND"] = "tensorflow"

import numpy as np

import tensorflow as tf

# Threads do not make small models faster.
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
if version == "2":
    import tf_keras as keras
else:
    import keras
L = keras.layers

IMAGE, SERIES, VECTOR, VOLUME = (6, 6, 2), (5, 3), (4,), (4, 4, 4, 2)
cases = []


def case(layer, options, shape, build, random=False, each_step=False):
    cases.append({"layer": layer, "options": options, "shape": shape, "build": build, "random": random,
                  "each_step": each_step})


def each(layer, shape, variants, random=False, **always):
    """One case for each set of options of a layer class, given as text: `units=2, use_bias=False`."""
    if hasattr(L, layer):
        for options in variants:
            make = lambda o=options: eval(f"L.{layer}({o})", {"L": L, "keras": keras})
            case(layer, options, shape, lambda x, make=make: make()(x), random)


def merged(layer, options=""):
    make = lambda: eval(f"L.{layer}({options})", {"L": L})
    case(layer, options, SERIES, lambda x: make()([L.Dense(4)(x), L.Dense(4)(x)]))


each("Dense", VECTOR, ["3", "3, activation='relu'", "3, use_bias=False", "3, activation='softmax'",
                       "3, kernel_regularizer='l2'", "3, kernel_regularizer=keras.regularizers.L1L2(0.1, 0.01)",
                       "3, kernel_initializer='he_normal', bias_initializer='ones'",
                       "3, activity_regularizer='l2'"])
each("Dense", SERIES, ["3, activation='tanh'"])
for name in ["elu", "gelu", "linear", "mish", "relu", "relu6", "selu", "sigmoid", "softmax", "softplus",
             "softsign", "swish", "tanh", "exponential", "hard_sigmoid", "leaky_relu", "log_softmax"]:
    if hasattr(keras.activations, name):
        each("Activation", VECTOR, [f"'{name}'"])
each("ReLU", VECTOR, ["", "max_value=0.5", "negative_slope=0.1", "threshold=0.2"])
each("LeakyReLU", VECTOR, ["", "0.1"])
each("PReLU", IMAGE, ["", "shared_axes=[1, 2]", "alpha_initializer='ones'"])
each("ELU", VECTOR, ["", "0.5"])
each("ThresholdedReLU", VECTOR, ["0.3"])
each("Softmax", SERIES, ["", "axis=1"])
each("Conv1D", SERIES, ["2, 3", "2, 2, strides=2, padding='same'", "2, 2, dilation_rate=2", "2, 2, padding='causal'",
                        "3, 2, groups=3", "2, 2, activation='relu', use_bias=False"])
each("Conv2D", IMAGE, ["2, 2, dilation_rate=(1, 2), strides=1", "3, 3", "3, (2, 3), strides=2, padding='same'", "3, 2, dilation_rate=2", "2, 2, groups=2",
                       "3, 3, kernel_regularizer='l2', activation='tanh'", "3, 2, data_format='channels_first'"])
each("Conv3D", VOLUME, ["2, 2", "2, 2, dilation_rate=2", "2, 3, padding='same', strides=2"])
each("Conv2DTranspose", IMAGE, ["3, 3", "3, 3, strides=2, padding='same'", "3, 3, strides=2, output_padding=1",
                                 "3, (2, 3), strides=(3, 2), output_padding=(2, 0), activation='tanh'", "3, 3, strides=2, padding='same', output_padding=1"])
each("Conv3DTranspose", VOLUME, ["2, 2", "2, 3, strides=2, padding='same', output_padding=1"])
each("DepthwiseConv2D", IMAGE, ["3", "2, dilation_rate=2", "3, depth_multiplier=2, padding='same'", "2, strides=2, activation='relu'",
                                 "2, depthwise_constraint='max_norm', depthwise_regularizer='l2'"])
each("SeparableConv2D", IMAGE, ["3, 3", "3, 3, depth_multiplier=2, padding='same', use_bias=False"])
each("SeparableConv2D", IMAGE, ["3, 2, dilation_rate=2", "3, 2, depthwise_constraint='max_norm', pointwise_regularizer='l2'"])
each("SeparableConv1D", SERIES, ["2, 2", "2, 3, strides=2, padding='same', depth_multiplier=2", "2, 2, dilation_rate=2, activation='relu'"])
each("DepthwiseConv1D", SERIES, ["2", "3, depth_multiplier=2, padding='same', use_bias=False", "2, dilation_rate=2, depthwise_regularizer='l2'",
                                 "2, strides=2, activation='tanh'"])
each("Conv1DTranspose", SERIES, ["2, 3", "2, 3, strides=2, padding='same'", "2, 2, strides=3, activation='relu', use_bias=False",
                                 "2, 3, strides=3, output_padding=2"])
for kind in ["MaxPooling", "AveragePooling"]:
    each(f"{kind}1D", SERIES, ["2", "2, strides=1, padding='same'"])
    each(f"{kind}2D", IMAGE, ["2", "(2, 3), strides=1, padding='same'", "2, data_format='channels_first'"])
    each(f"{kind}3D", VOLUME, ["2", "2, strides=1, padding='same'"])
for kind in ["GlobalMaxPooling", "GlobalAveragePooling"]:
    each(f"{kind}1D", SERIES, ["", "keepdims=True"])
    each(f"{kind}2D", IMAGE, ["", "keepdims=True"])
    each(f"{kind}3D", VOLUME, [""])
each("ZeroPadding1D", SERIES, ["1", "(0, 2)"])
each("ZeroPadding3D", VOLUME, ["1"])
each("ZeroPadding2D", IMAGE, ["1", "((1, 0), (2, 1))"])
each("Cropping1D", SERIES, ["1", "(0, 2)"])
each("Cropping3D", VOLUME, ["1"])
each("Cropping2D", IMAGE, ["1", "((1, 0), (2, 1))"])
each("UpSampling1D", SERIES, ["2"])
each("UpSampling3D", VOLUME, ["(1, 2, 3)"])
each("UpSampling2D", IMAGE, ["", "(2, 3)", "2, interpolation='bilinear'"])
each("BatchNormalization", SERIES, ["", "scale=False", "center=False", "scale=False, center=False", "momentum=0.8, epsilon=0.01",
                                    "axis=1"])
each("BatchNormalization", IMAGE, [""])
each("BatchNormalization", VOLUME, ["", "axis=1"])
each("LayerNormalization", SERIES, ["", "epsilon=0.01", "scale=False", "center=False", "axis=1"])
each("UnitNormalization", SERIES, ["", "axis=1"])
each("GroupNormalization", IMAGE, ["2", "-1", "1, scale=False"])
each("RMSNormalization", SERIES, ["", "epsilon=0.1"])
each("Embedding", (4,), ["6, 3"])
case("Embedding", "6, 3, mask_zero=True (then GlobalAveragePooling1D)", (4,),
     lambda x: L.GlobalAveragePooling1D()(L.Embedding(6, 3, mask_zero=True)(x)))
case("Embedding", "6, 3, mask_zero=True (then LSTM)", (4,), lambda x: L.LSTM(3)(L.Embedding(6, 3, mask_zero=True)(x)))
each("Masking", SERIES, ["", "mask_value=0.5"])
case("Masking", "(then LSTM)", SERIES, lambda x: L.LSTM(3)(L.Masking()(L.ReLU()(x))))
for cell in ["SimpleRNN", "LSTM", "GRU"]:
    fixed = "" if cell != "GRU" else ", reset_after=False"
    each(cell, SERIES, [f"3{fixed}", f"3, return_sequences=True{fixed}", f"3, go_backwards=True{fixed}", f"3, use_bias=False{fixed}",
                        f"3, activation='relu'{fixed}", f"3, unroll=True{fixed}"])
    each(cell, SERIES, [f"3, dropout=0.3{fixed}", f"3, recurrent_dropout=0.3{fixed}"], random=True)
each("Dense", VECTOR, ["3, activation='hard_sigmoid'"])
each("GRU", SERIES, ["3, recurrent_activation='hard_sigmoid'"])
each("Bidirectional", SERIES, ["L.LSTM(3, recurrent_activation='hard_sigmoid')"])
each("LSTM", SERIES, ["3, recurrent_activation='hard_sigmoid', activation='hard_sigmoid'", "3, kernel_regularizer='l2'", "3, unit_forget_bias=False", "3, recurrent_activation='tanh'"])
each("GRU", SERIES, ["3", "3, return_sequences=True", "3, use_bias=False", "3, go_backwards=True"])
each("GRU", SERIES, ["3, dropout=0.3", "3, recurrent_dropout=0.3"], random=True)
for mode in ["'concat'", "'sum'", "'mul'", "'ave'"]:
    each("Bidirectional", SERIES, [f"L.LSTM(3), merge_mode={mode}"])
each("Bidirectional", SERIES, ["L.LSTM(3, return_sequences=True)", "L.GRU(3)", "L.GRU(3, reset_after=False)", "L.SimpleRNN(2)"])
each("TimeDistributed", SERIES, ["L.Dense(2)"])
each("TimeDistributed", (3, 6, 6, 2), ["L.Conv2D(2, 3)"])
each("ConvLSTM2D", (3, 6, 6, 2), ["2, 2, dilation_rate=2", "2, 3", "2, 3, padding='same', return_sequences=True", "2, 2, strides=2, use_bias=False"])
for kind in ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"]:
    merged(kind)
merged("Concatenate", "axis=1")
merged("Concatenate", "axis=-2")
merged("Dot", "axes=1")
merged("Dot", "axes=2, normalize=True")
each("Flatten", IMAGE, [""])
each("Reshape", IMAGE, ["(12, 6)", "(-1, 4)"])
each("Permute", SERIES, ["(2, 1)"])
each("RepeatVector", VECTOR, ["3"])
each("Rescaling", IMAGE, ["0.5", "1 / 255, offset=-1"])
each("Normalization", SERIES, ["mean=0.5, variance=2.0", "mean=[0.5, 1.0, 0.0], variance=[1.0, 2.0, 3.0]",
                                 "mean=0.5, variance=2.0, invert=True"])
each("Dropout", VECTOR, ["0.0"])
each("Dropout", SERIES, ["0.3", "0.3, noise_shape=(None, 1, 3)", "0.3, seed=1"], random=True)
each("SpatialDropout1D", SERIES, ["0.3"], random=True)
each("SpatialDropout2D", IMAGE, ["0.3"], random=True)
each("GaussianNoise", VECTOR, ["0.3"], random=True)
each("GaussianDropout", VECTOR, ["0.3"], random=True)
each("AlphaDropout", VECTOR, ["0.3"], random=True)
each("Resizing", IMAGE, ["4, 9", "9, 4, interpolation='nearest'", "3, 5, crop_to_aspect_ratio=True", "8, 8, 'bicubic'"])
each("Resizing", (5, 8, 2), ["4, 4, 'nearest', crop_to_aspect_ratio=True"])
each("CenterCrop", IMAGE, ["3, 4", "4, 8", "9, 7"])
if version == "3":
    each("Resizing", (5, 8, 2), ["4, 4, pad_to_aspect_ratio=True, fill_value=0.5", "9, 3, pad_to_aspect_ratio=True", "4, 4, antialias=True"])
    each("RandomContrast", IMAGE, ["(0.1, 0.3), value_range=(-1, 1)"], random=True)
    each("RandomContrast", IMAGE, ["(0.0, 0.0)"])
    each("RandomFlip", IMAGE, ["'horizontal', data_format='channels_first'"], random=True)
each("RandomFlip", IMAGE, ["", "'horizontal'", "'vertical', seed=3"], random=True)
each("RandomRotation", IMAGE, ["0.1", "(-0.1, 0.2), fill_mode='constant', fill_value=0.5, interpolation='nearest'"], random=True)
each("RandomZoom", IMAGE, ["0.1", "(-0.2, 0.1), 0.2, fill_mode='nearest'"], random=True)
each("RandomTranslation", IMAGE, ["0.1, (0.0, 0.2)", "0.1, 0.1, fill_mode='wrap'"], random=True)
each("RandomContrast", IMAGE, ["0.2", "(0.1, 0.3)"], random=True)
each("RandomBrightness", IMAGE, ["0.2", "(0.1, 0.3), value_range=(-1, 1)"], random=True)
each("ActivityRegularization", VECTOR, ["0.1", "l1=0.1, l2=0.05"])
each("ActivityRegularization", SERIES, ["l2=0.1"])
each("Lambda", VECTOR, ["lambda x: x * 2"])
for options, arguments in [("2, 3", "x, x"), ("2, 3, value_dim=4, output_shape=5", "x, x"), ("2, 3, use_bias=False", "x, L.Dense(4)(x)"),
                           ("2, 3", "x, x, use_causal_mask=True"), ("1, 3", "x, value=L.Dense(4)(x), key=L.Dense(2)(x)")]:
    build = lambda x, o=options, a=arguments: eval(f"L.MultiHeadAttention({o})({a})", {"L": L, "x": x})
    case("MultiHeadAttention", f"{options})({arguments}", SERIES, build)
for layer, options in [("Attention", ""), ("Attention", "use_scale=True"), ("Attention", "score_mode='concat'"),
                       ("Attention", "score_mode='concat', use_scale=True"), ("AdditiveAttention", ""),
                       ("AdditiveAttention", "use_scale=False")]:
    for arguments in ["[x, x]", "[x, x], use_causal_mask=True", "[L.Dense(4)(x), L.Dense(2)(x), L.Dense(4)(x)]"]:
        build = lambda x, l=layer, o=options, a=arguments: eval(f"L.{l}({o})({a})", {"L": L, "x": x})
        case(layer, f"{options})({arguments}", SERIES, build)
adapted = lambda: (lambda layer: (layer.adapt(inputs(SERIES, False)), layer)[1])(L.Normalization())
case("Normalization", "adapted to data", SERIES, lambda x: adapted()(x))
sequential = lambda *layers: keras.Sequential(list(layers))
# Where both ends of a range are the same, nothing is random.
each("RandomRotation", (5, 8, 2), ["(0.1, 0.1)", "(-0.3, -0.3), fill_mode='wrap'", "(0.7, 0.7), fill_mode='constant', fill_value=0.5",
                                   "(0.15, 0.15), fill_mode='nearest', interpolation='nearest'"])
each("RandomZoom", (5, 8, 2), ["(0.3, 0.3)", "(-0.4, -0.4), (0.2, 0.2), fill_mode='wrap'", "(0.4, 0.4), fill_mode='constant', fill_value=0.5",
                               "(0.3, 0.3), (-0.1, -0.1), fill_mode='nearest', interpolation='nearest'"])
each("RandomTranslation", (5, 8, 2), ["(0.3, 0.3), (-0.2, -0.2)", "(-0.4, -0.4), (0.2, 0.2), fill_mode='wrap'",
                                      "(0.3, 0.3), (0.1, 0.1), fill_mode='constant', fill_value=0.5",
                                      "(0.3, 0.3), (-0.1, -0.1), fill_mode='nearest', interpolation='nearest'"])
each("RandomBrightness", IMAGE, ["(0.3, 0.3), value_range=(-1, 1)", "(-0.1, -0.1)"])
for layer, options in [("RandomRotation", "(0.1, 0.1)"), ("RandomZoom", "(0.3, 0.3), (-0.2, -0.2), fill_mode='constant', fill_value=0.5"),
                       ("RandomTranslation", "(0.3, 0.3), (-0.2, -0.2), fill_mode='wrap', interpolation='nearest'"),
                       ("RandomBrightness", "(0.3, 0.3), value_range=(-1, 1)"), ("Resizing", "4, 9"), ("Resizing", "9, 4, 'nearest'"),
                       ("CenterCrop", "3, 4"), ("CenterCrop", "9, 7")]:
    build = lambda x, l=layer, o=options: eval(f"L.{l}({o})", {"L": L})(L.Conv2D(3, 2, activation="tanh")(x))
    case(layer, f"{options}, after Conv2D", (6, 9, 2), build)
case("RandomFlip", "in a Sequential with RandomRotation and RandomZoom", IMAGE,
     lambda x: sequential(L.RandomFlip("horizontal"), L.RandomRotation(0.1), L.RandomZoom(0.1))(x), random=True)
case("Sequential inside", "", VECTOR, lambda x: sequential(L.Dense(3, activation="tanh"), L.BatchNormalization())(x))


def functional_inside(x):
    a = keras.Input(VECTOR)
    return keras.Model(a, L.Add()([L.Dense(3)(a), L.Dense(3)(a)]))(x)


def shared(x):
    dense = L.Dense(4, activation="tanh")
    return L.Add()([dense(x), dense(dense(x))])


case("Functional inside", "", VECTOR, functional_inside)


def pictures_model(is_sequential):
    first = keras.Input(IMAGE)
    # Keras 2 would normalise all moments together, Keras 3 each by itself.
    normalization = L.BatchNormalization() if version == "3" else L.Activation("tanh")
    layers = [L.Conv2D(2, 3), normalization, L.Flatten()]
    if is_sequential:
        return sequential(first, *layers)
    x = layers[0](first)
    return keras.Model(first, layers[2](L.Add()([x, layers[1](x)])))


for is_sequential in [True, False]:
    build = lambda x, s=is_sequential: L.TimeDistributed(pictures_model(s))(x)
    case("TimeDistributed", "a Sequential" if is_sequential else "a functional model", (3, *IMAGE), build)
L12 = "keras.regularizers.L1L2(0.1, 0.05)"
for layer, shape, options in [
    ("Dense", SERIES, "3, activation='relu'"), ("Conv1D", SERIES, "2, 3"), ("Conv2D", IMAGE, "2, 3"), ("Conv3D", VOLUME, "2, 2"),
    ("Conv1DTranspose", SERIES, "2, 3"), ("Conv2DTranspose", IMAGE, "2, 3"), ("DepthwiseConv1D", SERIES, "3"),
    ("DepthwiseConv2D", IMAGE, "3"), ("SeparableConv1D", SERIES, "2, 3"), ("SeparableConv2D", IMAGE, "2, 3"),
    ("Embedding", (4,), "6, 3"), ("SimpleRNN", SERIES, "3"), ("LSTM", SERIES, "3, return_sequences=True"), ("GRU", SERIES, "3"),
    ("ConvLSTM2D", (3, 6, 6, 2), "2, 2, recurrent_activation='sigmoid'"), ("MultiHeadAttention", SERIES, "2, 3")] + [
    # Keras 2 leaves it out of its files here.
    ("Activation", VECTOR, "'tanh'"), ("BatchNormalization", SERIES, ""),
    ("TimeDistributed", SERIES, "L.Dense(2)"), ("Bidirectional", SERIES, "L.LSTM(3)")] * (version == "3"):
    every = f"{options}, activity_regularizer={L12}".removeprefix(", ")
    arguments = "x, x" if layer == "MultiHeadAttention" else "x"
    build = lambda x, l=layer, o=every, a=arguments: eval(f"L.{l}({o})({a})", {"L": L, "keras": keras, "x": x})
    case(layer, every, shape, build)
each("TimeDistributed", SERIES, [f"L.Dense(2, activity_regularizer={L12})"])
each("Bidirectional", SERIES, [f"L.LSTM(3, return_sequences=True, activity_regularizer={L12})"])


def states(x):
    values, hidden, memory = L.LSTM(3, return_state=True, return_sequences=True, activity_regularizer=eval(L12))(x)
    return L.LSTM(3)(values, initial_state=[hidden, memory])


def encoder_and_decoder(cell):
    def build(x):
        _, *last = getattr(L, cell)(3, return_state=True)(x)
        return getattr(L, cell)(3, return_sequences=True)(L.Dense(2)(x), initial_state=last)
    return build


for cell in ["SimpleRNN", "LSTM", "GRU"]:
    case(cell, "then another that starts from its state", SERIES, encoder_and_decoder(cell))


def two_decoders(x):
    _, hidden, memory = L.LSTM(3, return_state=True)(x)
    values = L.LSTM(3, return_sequences=True)(L.Dense(2)(x), initial_state=[hidden, memory])
    return L.LSTM(2)(values)


case("LSTM", "then two others, the first of which starts from its states", SERIES, two_decoders)
case("Embedding", "6, 3, mask_zero=True (then Conv1D, then LSTM)", (4,),
     lambda x: L.LSTM(3)(L.Conv1D(3, 2, padding="same")(L.Embedding(6, 3, mask_zero=True)(x))))
case("Embedding", "6, 3, mask_zero=True (then Dense, then LSTM)", (4,),
     lambda x: L.LSTM(3)(L.Dense(3)(L.Embedding(6, 3, mask_zero=True)(x))))
case("Embedding", "6, 3, mask_zero=True (then a Sequential with LSTM)", (4,),
     lambda x: sequential(L.Dense(3), L.LSTM(3))(L.Embedding(6, 3, mask_zero=True)(x)))


def embedding():
    return L.Embedding(6, 3, mask_zero=True)


def masked(layer, then, each_step=False):
    """A layer, given as text, behind words of which some are masked."""
    case("Embedding", f"6, 3, mask_zero=True (then {layer}, then {then})", (4,),
         lambda x: eval(f"L.{layer}", {"L": L})(embedding()(x)), each_step=each_step)


for merge_mode in ["concat", "sum", "mul", "ave"]:
    masked(f"Bidirectional(L.LSTM(3, return_sequences=True), merge_mode='{merge_mode}')", "Flatten")
masked("Bidirectional(L.GRU(3, return_sequences=True))", "Flatten")
for layer in ["Dense(3)", "LSTM(3, return_sequences=True)", "Bidirectional(L.GRU(2, return_sequences=True))",
              "TimeDistributed(L.Dense(2))", "LSTM(3)", "Conv1D(3, 2)"]:
    masked(layer, "an answer at each step", each_step=True)


def both_masks(x):
    """Through a model of two inputs, one of which is masked, and two outputs."""
    free, words = keras.Input((4, 3)), keras.Input((4, 3))
    model = keras.Model([free, words], [L.LSTM(3)(free), L.Dense(2)(words)])
    last, each = model([L.Embedding(6, 3)(x), embedding()(x)])
    return L.Concatenate()([last, L.LSTM(2)(each)])


for name, build in {
    "in a Sequential, then LSTM": lambda x: L.LSTM(3)(sequential(embedding())(x)),
    "in a Sequential, then LSTM in another": lambda x: sequential(L.LSTM(3))(sequential(embedding(), L.Dense(2))(x)),
    "then a Sequential with Dense, then LSTM": lambda x: L.LSTM(3)(sequential(L.Dense(2))(embedding()(x))),
    "then a Sequential with Conv1D, then LSTM": lambda x: L.LSTM(3)(sequential(L.Conv1D(2, 1))(embedding()(x))),
    "then a model of two inputs, one of which is masked": both_masks,
    "in a Sequential, then an answer at each step": lambda x: sequential(embedding())(x),
    "then a Sequential with LSTM, then an answer at each step":
        lambda x: sequential(L.LSTM(2, return_sequences=True))(embedding()(x)),
}.items():
    case("Embedding", f"6, 3, mask_zero=True ({name})", (4,), build, each_step=name.endswith("at each step"))


def attending(arguments, layer="MultiHeadAttention(2, 3)"):
    """Attention of words of which some are masked, and of others."""
    def build(x):
        names = {"L": L, "masked": embedding()(x), "free": L.Embedding(6, 3)(x)}
        return eval(f"L.{layer}({arguments})", names)

    return build


for arguments in ["masked, masked", "masked, masked, use_causal_mask=True", "masked, free", "free, masked",
                  "masked, L.Dense(3)(masked)", "free, free, masked", "free, masked, free"]:
    case("Embedding", f"6, 3, mask_zero=True (then MultiHeadAttention(2, 3)({arguments}))", (4,), attending(arguments))
for arguments in ["[masked, masked]", "[masked, free]", "[free, masked]", "[free, masked, free]", "[free, masked], use_causal_mask=True"]:
    case("Embedding", f"6, 3, mask_zero=True (then Attention()({arguments}))", (4,), attending(arguments, "Attention()"))
case("Embedding", "6, 3, mask_zero=True (then AdditiveAttention()([masked, masked]), then LSTM)", (4,),
     lambda x: L.LSTM(3)(attending("[masked, masked]", "AdditiveAttention()")(x)))
case("Embedding", "6, 3, mask_zero=True (then MultiHeadAttention(2, 3)(masked, free), then LSTM)", (4,),
     lambda x: L.LSTM(3)(attending("masked, free")(x)))


def merging(kind, masks, last=lambda: L.LSTM(3)):
    def build(x):
        merge = eval(f"L.{kind}")
        masked = L.Embedding(6, 3, mask_zero=True)(x)
        if masks == "the same mask":
            return last()(merge([masked, L.Dense(3)(masked)]))
        unmasked = L.Embedding(6, 3)(x)
        both = [masked, unmasked] if masks == "none in the second" else [unmasked, masked]
        return last()(merge(both))

    return build


for kind in ["Add()", "Multiply()", "Average()", "Maximum()", "Concatenate()", "Concatenate(axis=1)"]:
    for masks in ["the same mask", "none in the second", "none in the first"]:
        case("Embedding", f"6, 3, mask_zero=True (then {kind} of two, {masks}, then LSTM)", (4,),
             merging(kind, masks))


def shared_penalty(x):
    dense = L.Dense(4, activity_regularizer=eval(L12))
    inner = sequential(L.Dense(4, activation="tanh"), L.Dense(4, activity_regularizer="l2"))
    return L.Add()([inner(inner(x)), dense(dense(x))])


case("activity_regularizer", "of a layer whose states go on", SERIES, states)
case("activity_regularizer", "of layers used twice", VECTOR, shared_penalty)
case("a layer used three times", "", VECTOR, shared)
for constraint in ["'non_neg'", "'unit_norm'", "'max_norm'"]:
    each("Dense", VECTOR, [f"3, kernel_constraint={constraint}"])
if version == "3":
    each("Activation", VECTOR, ["'hard_silu'"])
    case("operations with numbers", "", VECTOR, lambda x: 3 + (1 - L.Dense(3)(x) * 2.0) / 4.0 - 0.5)
    case("operations with numbers", "1 / x", VECTOR, lambda x: 1 / (L.Dense(3, activation="sigmoid")(x) + 1))
    for kind in ["Multiply()", "Maximum()", "Minimum()"]:
        case("Embedding", f"6, 3, mask_zero=True (then {kind} of two, then Flatten)", (4,),
             merging(kind, "the same mask", L.Flatten))
    case("Embedding", "6, 3, mask_zero=True (then BatchNormalization)", (4,),
         lambda x: L.BatchNormalization()(L.Embedding(6, 3, mask_zero=True)(x)))


# What Keras 2, or Keras 3, computes otherwise for masked steps; said on loading.
MASKED = (["Multiply", "Maximum", "Minimum", "BatchNormalization", "Normalization", "Rescaling"]
          if version == "2" else ["MultiHeadAttention"])
MERGES = ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"]
MOST_NUMBERS = 2000


def in_model(layer):
    """The same layer in a model of its own."""
    def build(x):
        inner = keras.Input(x.shape[1:])
        return keras.Model(inner, layer(inner))(x)

    return build


def several_layers(seed):
    """A model of several of the layers above, with branches; it may begin with words, and a mask."""
    chosen = random.Random(seed)
    begin = chosen.choice([VECTOR, SERIES, IMAGE, "words"])
    words = begin == "words"
    left_out = ["Embedding"] + (MASKED if words else [])
    single = [one for one in cases if one["layer"] not in left_out and not one["random"]
              and not (words and "state" in one["options"])]
    merges = [one for one in MERGES if one not in left_out]

    def build(x):
        if words:
            words_to = L.Embedding(6, 3, mask_zero=chosen.random() < 0.7)
            x = (in_model(words_to) if chosen.random() < 0.2 else words_to)(x)
        earlier = []
        for _ in range(chosen.randint(2, 5)):
            earlier.append(x)
            layer = chosen.choice([one for one in single if len(one["shape"]) == len(x.shape) - 1])["build"]
            x = (in_model(layer) if chosen.random() < 0.2 else layer)(x)
            if None in x.shape[1:] or np.prod(x.shape[1:]) > MOST_NUMBERS:
                raise ValueError(f"a value of {x.shape}")
            same = [one for one in earlier if one.shape == x.shape]
            if same and chosen.random() < 0.5:
                x = getattr(L, chosen.choice(merges))()([x, chosen.choice(same)])
        return x

    return {"layer": "Embedding" if words else "several layers", "options": f"seed {seed}",
            "shape": (4,) if words else begin, "build": build, "random": False, "each_step": chosen.random() < 0.5, "most": 50, "seed": seed}


def inputs(shape, integer):
    count = 8 * int(np.prod(shape))
    values = np.arange(count) * 7 % 6 if integer else np.sin(np.arange(count))
    return values.astype("float32").reshape((8,) + shape)


def targets(shape):
    return np.cos(np.arange(8 * int(np.prod(shape)))).astype("float32").reshape((8,) + shape)


def penalty(model):
    """What the regularisers add to the loss, after a call of the model."""
    return float(sum(model.losses))


def freeze_some(model, seed):
    """Freezes layers at random, but not where penalties count in Keras 2 only."""
    chosen = random.Random(-seed)
    for layer in model.layers[:-1]:
        if chosen.random() < 0.2 and not model.losses:
            layer.trainable = False


def make(index, entry):
    keras.backend.clear_session()
    keras.utils.set_random_seed(entry.get("seed", index))
    i = keras.Input(entry["shape"])
    x = entry["build"](i)
    if len(x.shape) > 2 and not entry["each_step"]:
        x = L.Flatten()(x)
    model = keras.Model(i, L.Dense(2)(x))
    if "seed" in entry:
        freeze_some(model, entry["seed"])
    # Compiling small models takes longer than running them.
    model.compile(keras.optimizers.SGD(0.05), "mse", run_eagerly=True)
    shape = tuple(model.output.shape[1:])
    x, y = inputs(entry["shape"], entry["layer"] == "Embedding"), targets(shape)
    model.train_on_batch(x, y)
    name = f"{index:03d}"
    model.save(folder / f"{name}.{'keras' if version == '3' else 'h5'}")
    made = {key: entry[key] for key in ("layer", "options", "shape", "random")} | {"target": shape}
    # Faster than `predict`, which builds a graph first.
    made["predictions"] = np.asarray(model(x, training=False)).ravel().tolist()
    made["penalty"] = penalty(model)
    losses = lambda: float(np.ravel(model.train_on_batch(x, y))[0])
    made["losses"] = [] if entry["random"] else [losses() for _ in range(3)]
    numbers = np.abs(made["predictions"] + made["losses"])
    if not (numbers <= entry.get("most", sys.float_info.max)).all():
        raise ValueError("numbers out of bounds, whose digits are chance")
    return name, made


def check(name, entry):
    results = {}
    for path in sorted(folder.glob(f"{name}.ours.*")):
        try:
            x = inputs(tuple(entry["shape"]), entry["layer"] == "Embedding")
            model = keras.models.load_model(path)
            results[path.suffix] = np.asarray(model(x, training=False)).ravel().tolist() + [penalty(model)]
        except Exception as error:
            results[path.suffix] = f"{type(error).__name__}: {error}"[:500]
    return results


if command == "make":
    only = sys.argv[4] if len(sys.argv) > 4 else ""
    made, failed = {}, {}
    chosen = cases
    if only.startswith("random:"):
        first, last = only.removeprefix("random:").split("-")
        chosen, only = [several_layers(seed) for seed in range(int(first), int(last) + 1)], ""
    for index, entry in enumerate(chosen):
        if only.startswith("every:"):
            if index % int(only.removeprefix("every:")):
                continue
        elif only and entry["layer"] not in only.split(","):
            continue
        try:
            name, result = make(index, entry)
            made[name] = result
            (folder / "made.json").write_text(json.dumps(made))
        except Exception as error:
            failed[f"{entry['layer']}({entry['options']})"] = str(error)[:200]
    for name, reason in failed.items():
        print(f"Keras {version} does not make {name}: {reason}")
else:
    made = json.loads((folder / "made.json").read_text())
    checked = {name: check(name, entry) for name, entry in made.items()}
    (folder / "checked.json").write_text(json.dumps(checked))
