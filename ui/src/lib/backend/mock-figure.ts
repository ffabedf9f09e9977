import type { ExportRequest } from '../ipc/generated/ExportRequest';
import type { FigurePreview } from '../ipc/generated/FigurePreview';
import plotColours from '../design/plot-colours.json';

/** A stand-in figure of the right size and colours. */
export function mockFigure(request: ExportRequest): FigurePreview {
  const widthMm = { 'one-column': 85, 'two-columns': 174, slide: 254 }[request.preset];
  const heightMm = { 'one-column': 78, 'two-columns': 110, slide: 143 }[request.preset];
  const colours = plotColours[request.theme];
  const drafted =
    request.figure.plot === 'clusters'
      ? `Activations of ${request.figure.modelId} at layer ${request.figure.layer}, first two principal components. N = 50 pairs (circles positive, diamonds negative; hollow: test). Mean pooling.`
      : request.figure.plot === 'layer-sweep'
        ? `AUROC by layer on the test pairs (N = 15), mean-difference probe; bands are 95 % bootstrap intervals over pairs.`
        : `The figure “${request.figure.plot}” of made-up data, N = 15 test pairs.`;
  const caption = request.caption ?? drafted;
  const dots = Array.from({ length: 60 }, (_, i) => {
    const x = widthMm * (0.2 + 0.6 * ((i * 37) % 60) / 60);
    const y = heightMm * (0.15 + 0.6 * ((i * 23) % 60) / 60);
    return `<circle cx="${x}" cy="${y}" r="1" fill="${i % 2 ? colours.positive : colours.negative}"/>`;
  }).join('');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${widthMm}mm" height="${heightMm}mm" viewBox="0 0 ${widthMm} ${heightMm}"><rect width="100%" height="100%" fill="${colours.paper}"/>${dots}<text x="4" y="${heightMm - 6}" font-size="2.6" fill="${colours.ink}">${caption.slice(0, 60).replace(/[<&]/g, '')}</text></svg>`;
  const { figure } = request;
  const of = figure.plot === 'roc' && figure.curves.length === 1 ? figure.curves[0] : figure;
  const fileStem = of && 'modelId' in of ? `${figure.plot}-${of.modelId}-layer-${of.layer ?? 'chosen'}` : figure.plot;
  return { svg, widthMm, heightMm, caption, fileStem };
}
