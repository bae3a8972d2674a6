/** Whether callbacks infer from a metric's name if less or more is better. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { training } from '../../lib/index';
import { Monitor } from '../../lib/training/callbacks/monitor';

/** The direction of Keras 3's metrics, by their names. */
const better = {
  more: [
    ...['accuracy', 'binary_accuracy', 'categorical_accuracy', 'sparse_categorical_accuracy'],
    ...['top_k_categorical_accuracy', 'sparse_top_k_categorical_accuracy', 'auc', 'precision'],
    ...['recall', 'precision_at_recall', 'recall_at_precision', 'sensitivity_at_specificity'],
    ...['specificity_at_sensitivity', 'f1_score', 'fbeta_score', 'io_u', 'binary_io_u'],
    ...['mean_io_u', 'one_hot_io_u', 'one_hot_mean_io_u', 'r2_score', 'cosine_similarity'],
    ...['pearson_correlation', 'concordance_correlation', 'acc', 'sparseCategoricalAccuracy'],
  ],
  less: [
    ...['loss', 'mean_squared_error', 'mse', 'root_mean_squared_error', 'mean_absolute_error'],
    ...['mae', 'mean_absolute_percentage_error', 'mape', 'mean_squared_logarithmic_error', 'msle'],
    ...['logcosh', 'binary_crossentropy', 'categorical_crossentropy', 'kl_divergence', 'poisson'],
    ...['sparse_categorical_crossentropy', 'hinge', 'squared_hinge', 'categorical_hinge', 'huber'],
  ],
};

test('losses and Keras’s metrics are known by their names, also of validation and outputs', () => {
  for (const [direction, names] of Object.entries(better)) {
    for (const name of names) {
      for (const monitor of [name, `val_${name}`, `digit_${name}`, `val_digit_1_${name}`]) {
        const watched = new Monitor('EarlyStopping', monitor, 'auto', 0);
        assert.equal(watched.isBetter(2, 1), direction === 'more', monitor);
        assert.equal(watched.isBetter(1, 2), direction === 'less', monitor);
      }
    }
  }
});

test('every callback that watches a value goes by the same rule', () => {
  for (const monitor of ['val_quality', 'lossless', 'error_free', 'val_accuracy_cost']) {
    for (const make of [
      () => new training.EarlyStopping({ monitor }),
      () => new training.ReduceLROnPlateau({ monitor }),
      () => new training.ModelCheckpoint({ filepath: 'x', saveBestOnly: true, monitor }),
    ]) {
      assert.throws(make, /cannot tell from the name ".*" whether less or more of it is better/);
    }
    // A callback that saves every epoch monitors nothing.
    assert.ok(new training.ModelCheckpoint({ filepath: 'x', monitor }));
  }
});

test('an option that ModelCheckpoint does not have is refused', () => {
  const options = { filepath: 'x', saveBestonly: true };
  assert.throws(
    () => new training.ModelCheckpoint(options),
    /ModelCheckpoint has no option "saveBestonly"\. Did you mean saveBestOnly\?/,
  );
});
