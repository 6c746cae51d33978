"""A network with its learning heads, as one Keras model that trains by batches.

Backend-neutral but for one thing: on TensorFlow a step is computed in several parts side
by side, because layers this small leave a processor's cores idle otherwise.
"""

from typing import Any

LABEL_SMOOTHING = 0.1
TEACHER_WEIGHT = 5.0  # of the cosine distance beside the cross entropy of the labels
# On two cores with batches of 512: 2,500 images a second in one part, 4,300 in two, 4,800 in four.
PARTS = 4


def make_student(network: Any, heads: Any) -> Any:
    """The Keras model: uint8 images in, losses against labels and the teacher's targets out."""
    import keras

    if keras.backend.backend() == "tensorflow":
        return _in_parts(_student_class())(network, heads)
    return _student_class()(network, heads)


def to_input(pixels: Any) -> Any:
    """Pixels 0…255 to the network's float input, (pixel − 128) / 128."""
    return (pixels - 128.0) / 128.0


def _student_class() -> Any:
    import keras

    class Student(keras.Model):  # type: ignore[misc]  # Keras has no types
        def __init__(self, network: Any, heads: Any) -> None:
            super().__init__(name="student")
            self.network, self.heads = network, heads
            self.of_labels = keras.metrics.Mean(name="cross_entropy")
            self.of_teacher = keras.metrics.Mean(name="cosine_distance")

        def call(self, images: Any, training: bool | None = None) -> Any:
            pixels = to_input(keras.ops.cast(images, "float32"))
            return self.heads(self.network(pixels, training=training), training=training)

        def compute_loss(
            self,
            x: Any = None,
            y: Any = None,
            y_pred: Any = None,
            sample_weight: Any = None,
            training: bool = True,
        ) -> Any:
            """``y``: class numbers and the teacher's targets; ``y_pred``: logits and cells."""
            (labels, wanted), (logits, cells) = y, y_pred
            of_labels, of_teacher = _cross_entropy(labels, logits), _cosine_distance(wanted, cells)
            self.of_labels.update_state(of_labels)
            self.of_teacher.update_state(of_teacher)
            return of_labels + TEACHER_WEIGHT * of_teacher

    return Student


def _in_parts(student: Any) -> Any:
    import tensorflow as tf

    class StudentInParts(student):  # type: ignore[misc]  # nor has what is made of it
        def train_step(self, data: Any) -> Any:
            gradients = [self._gradients(*part) for part in _split(data, PARTS)]
            mean = [tf.add_n(list(of_one)) / PARTS for of_one in zip(*gradients, strict=True)]
            self.optimizer.apply(mean, self.trainable_variables)
            return self.get_metrics_result()

        def _gradients(self, images: Any, wanted: Any) -> Any:
            with tf.GradientTape() as tape:
                loss = self.compute_loss(images, wanted, self(images, training=True))
            self._loss_tracker.update_state(loss)
            return tape.gradient(loss, self.trainable_variables)

    return StudentInParts


def _split(data: Any, parts: int) -> list[Any]:
    """A batch of (images, (labels, targets)) as ``parts`` batches of about the same size."""
    import tensorflow as tf

    images, (labels, wanted), *_ = data
    count = tf.shape(images)[0]
    edges = [count * part // parts for part in range(parts + 1)]
    return [
        (images[a:b], (labels[a:b], wanted[a:b]))
        for a, b in zip(edges[:-1], edges[1:], strict=True)
    ]


def _cross_entropy(labels: Any, logits: Any) -> Any:
    """Averaged over the batch, in which images without a label (−1) lose nothing."""
    from keras import ops

    classes, logits = logits.shape[-1], ops.cast(logits, "float32")
    wanted = ops.one_hot(labels, classes) * (1 - LABEL_SMOOTHING) + LABEL_SMOOTHING / classes
    lost = ops.categorical_crossentropy(wanted, logits, from_logits=True)
    return ops.mean(ops.where(labels < 0, 0.0, lost))


def _cosine_distance(wanted: Any, seen: Any) -> Any:
    """1 − cosine, averaged over cells and maps; without a teacher (all 0) it teaches nothing."""
    from keras import ops

    cosine = ops.sum(_unit(ops.cast(wanted, "float32")) * _unit(ops.cast(seen, "float32")), axis=-1)
    return ops.mean(1.0 - cosine)


def _unit(vectors: Any) -> Any:
    from keras import ops

    return vectors / ops.sqrt(ops.sum(vectors * vectors, axis=-1, keepdims=True) + 1e-12)
