/**
 * Pictures of digits as people take them, drawn by program: on graph paper, on a dark table, in a
 * shadow … Every picture has its own seed, so each run has the same pictures.
 */
import { between, type Point } from '../../scripts/samples/handwriting';
import { grey, type Scene } from './page';
import {
  colour,
  darkEdge,
  graphPaper,
  hardShadow,
  linedPaper,
  onSheet,
  paper,
  penColour,
  sheetOnTable,
  slantedLight,
  softEdge,
} from './papers';

/** All scenes in which the digit must be read. */
export const scenes: Readonly<Record<string, Scene>> = {
  'clean paper': {
    paint(page) {
      paper(page);
      page.write();
    },
  },
  'strong graph paper': {
    paint(page) {
      paper(page);
      graphPaper(page, grey(between(page.random, 90, 180)));
      page.write();
    },
  },
  'graph paper as dark as the pen': {
    paint(page) {
      const ink = penColour(page);
      paper(page);
      graphPaper(page, ink);
      page.write({ colour: ink });
    },
  },
  'lined paper': {
    paint(page) {
      paper(page);
      linedPaper(page, grey(between(page.random, 60, 180)));
      page.write();
    },
  },
  'dark scan edges on two sides': {
    paint(page) {
      paper(page);
      page.write();
      const side = Math.floor(4 * page.random());
      darkEdge(page, side, grey(between(page.random, 0, 80)));
      darkEdge(page, side + (page.random() < 0.5 ? 1 : 2), grey(between(page.random, 0, 80)));
    },
  },
  'a dark fold at one side': {
    paint(page) {
      paper(page);
      page.write();
      softEdge(page);
    },
  },
  'a border all round': {
    paint(page) {
      const { context, random, width, height } = page;
      paper(page);
      page.write();
      const inset = random() < 0.5 ? 0 : between(random, 0.01, 0.06) * width;
      context.lineWidth = between(random, 0.01, 0.05) * width;
      context.strokeStyle = grey(between(random, 0, 120));
      context.strokeRect(inset, inset, width - 2 * inset, height - 2 * inset);
    },
  },
  'a sheet on a dark table': {
    paint(page) {
      sheetOnTable(page);
      page.write(onSheet(page));
    },
  },
  'a digit that touches the edge': {
    paint(page) {
      const { random } = page;
      paper(page);
      const side = Math.floor(4 * random());
      const anywhere = between(random, 0.4, 0.6);
      page.write({
        middle: (height) => {
          const [down, right] = [height / 2 / page.height, (0.33 * height) / page.width];
          const places: Point[] = [
            [anywhere, down],
            [1 - right, anywhere],
            [anywhere, 1 - down],
            [right, anywhere],
          ];
          return places[side] as Point;
        },
      });
    },
  },
  'a hard shadow': {
    paint(page) {
      paper(page);
      page.write();
    },
    light: hardShadow,
  },
  'light from one side': {
    paint(page) {
      paper(page);
      page.write();
    },
    light: slantedLight,
    noise: 4,
  },
  'coloured paper and pen': {
    paint(page) {
      paper(page, colour(page.random, 60, between(page.random, 78, 88)));
      page.write({ colour: colour(page.random, 70, between(page.random, 22, 35)) });
    },
  },
  'chalk on a blackboard': {
    paint(page) {
      paper(page, grey(between(page.random, 20, 60)));
      page.write({ colour: grey(between(page.random, 180, 250)) });
    },
    light: slantedLight,
    noise: 5,
  },
  'a thin pen': {
    paint(page) {
      paper(page);
      page.write({ pen: [0.012, 0.03] });
    },
  },
  'a thick pen': {
    paint(page) {
      paper(page);
      page.write({ pen: [0.14, 0.18] });
    },
  },
  'much noise': {
    paint(page) {
      paper(page);
      page.write();
    },
    noise: 22,
  },
  'a small digit': {
    paint(page) {
      paper(page);
      page.write({ height: [0.1, 0.2] });
    },
  },
  'a digit that fills the picture': {
    paint(page) {
      paper(page);
      page.write({ height: [0.88, 0.96], middle: () => [0.5, 0.5] });
    },
  },
  'graph paper on a dark table, in a shadow': {
    paint(page) {
      sheetOnTable(page, () => graphPaper(page, grey(between(page.random, 120, 190))));
      page.write(onSheet(page));
    },
    light: hardShadow,
  },
};

/** Scenes without a digit, which must be refused. */
export const emptyScenes: Readonly<Record<string, Scene>> = {
  'empty graph paper': {
    paint(page) {
      paper(page);
      graphPaper(page, grey(between(page.random, 60, 180)));
    },
  },
  'empty paper in a hard shadow': { paint: (page) => paper(page), light: hardShadow },
  'an empty sheet on a table': { paint: (page) => sheetOnTable(page) },
};
