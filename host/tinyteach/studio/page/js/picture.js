// A view on a canvas: RGB rows as they came.

export function drawView(canvas, view) {
  if (canvas.width !== view.width) canvas.width = canvas.height = view.width;
  const context = canvas.getContext("2d");
  const image = context.createImageData(view.width, view.height);
  const { pixels } = view;
  for (let from = 0, to = 0; from < pixels.length; from += 3, to += 4) {
    image.data[to] = pixels[from];
    image.data[to + 1] = pixels[from + 1];
    image.data[to + 2] = pixels[from + 2];
    image.data[to + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
