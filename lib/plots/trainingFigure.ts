import { axis, baseLayout, type Figure } from './figure';
import {
  type DrawnAxis,
  type DrawnLine,
  epochTitle,
  fontSize,
  markerSize,
  type Panel,
  type TrainingCurves,
  type TrainingRun,
  tickStep,
  trainingCurves,
} from './trainingCurves';

/** The curves of a training run as a Plotly figure. */
export function trainingFigure(run: TrainingRun): Figure {
  const curves = trainingCurves(run);
  const { width, height, margin, panels } = curves;
  const layout: Figure['layout'] = {
    ...baseLayout({ width, height }),
    margin: { ...margin },
    showlegend: true,
    legend: { orientation: 'h', x: 1, xanchor: 'right', y: 1.12, yanchor: 'bottom' },
    annotations: panels.map((panel) => heading(panel, curves)),
  };
  for (const [index, panel] of panels.entries()) {
    const number = axisNumber(index);
    Object.assign(layout, {
      [`xaxis${number}`]: {
        ...axis(epochTitle),
        title: { text: epochTitle, standoff: 10, font: { size: fontSize } },
        domain: domain(panel, curves),
        ...rangeAndTicks(panel.epochs),
      },
      [`yaxis${number}`]: { ...axis(''), anchor: `x${number}`, ...rangeAndTicks(panel.values) },
    });
  }
  return {
    data: panels.flatMap((panel, index) => panel.lines.map((line) => trace(line, index))),
    layout,
  };
}

/** Plotly's axes are called x, x2, x3 … */
function axisNumber(panel: number): string {
  return panel === 0 ? '' : String(panel + 1);
}

/** The panel's left and right end, as fractions of the width between the margins. */
function domain({ left, width }: Panel, curves: TrainingCurves): [number, number] {
  const { margin } = curves;
  const space = curves.width - margin.l - margin.r;
  return [(left - margin.l) / space, (left + width - margin.l) / space];
}

function rangeAndTicks(described: DrawnAxis) {
  const ticks = described.wholeNumbers
    ? { tick0: 0, dtick: tickStep(described) }
    : { nticks: described.mostTicks };
  return { range: [...described.range], ...ticks };
}

function heading(panel: Panel, curves: TrainingCurves) {
  return {
    text: `<b>${panel.name}</b>`,
    xref: 'paper',
    yref: 'paper',
    x: domain(panel, curves)[0],
    y: 1.02,
    xanchor: 'left',
    yanchor: 'bottom',
    showarrow: false,
  } as const;
}

function trace(line: DrawnLine, panel: number): Figure['data'][number] {
  const { color, width, dashes } = line;
  const dash = dashes?.map((length) => `${length}px`).join(',') ?? 'solid';
  return {
    type: 'scatter',
    mode: line.hasMarkers ? 'lines+markers' : 'lines',
    name: line.name,
    legendgroup: line.key,
    showlegend: panel === 0,
    x: [...line.x],
    y: [...line.y],
    xaxis: `x${axisNumber(panel)}` as 'x',
    yaxis: `y${axisNumber(panel)}` as 'y',
    line: { color, width, dash: dash as 'solid' },
    marker: { symbol: line.marker ?? 'circle', size: markerSize },
    cliponaxis: false,
  };
}
