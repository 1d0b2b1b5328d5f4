import { html, nothing, svg } from '../lit-html/lit-html.js';
import { duration } from './format.js';
import { byDay } from './savings.js';
import { empty } from './view-parts.js';

/** @import { App } from './main.js' */
/** @import { Day } from './savings.js' */

const DAYS = 14;
const STEP = 20;
const HEIGHT = 100;

/** @param {App} app */
export function savingsPanel(app) {
  const { status, saved } = app.model;
  const days = byDay(saved, app.nowMs, DAYS);
  const saves = days.reduce((sum, day) => sum + day.saves, 0);
  const tells = days.some(({ savedS }) => savedS !== undefined);
  return html`<section class="panel savings" aria-labelledby="savings-title">
    <div class="panel-head">
      <h2 id="savings-title">Saves</h2>
      <span class="fine">last ${DAYS} days</span>
      <span class="space"></span>
      <span class="legend" data-kind="saves">saves</span>
      ${tells ? html`<span class="legend" data-kind="time">time saved, summed up</span>` : nothing}
    </div>
    ${
      status !== undefined && saves === 0
        ? empty('No save yet', 'A save is a session that was resumed and then did new work.')
        : chart(days)
    }
  </section>`;
}

/** @param {Day[]} days */
function chart(days) {
  const most = Math.max(1, ...days.map(({ saves }) => saves));
  const total = days.reduce((sum, { savedS }) => sum + (savedS ?? 0), 0);
  return html`<div class="chart">
      <div class="axis" aria-hidden="true"><span>${most}</span><span>0</span></div>
      <svg viewBox=${`0 0 ${days.length * STEP} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        ${[0, 0.5, 1].map((at) => svg`<line class="grid" x1="0" x2=${days.length * STEP} y1=${at * HEIGHT} y2=${at * HEIGHT} />`)}
        ${days.map((day, index) => bar(day, index, most))} ${total > 0 ? line(days, total) : nothing}
      </svg>
      <div class="axis right" aria-hidden="true">
        ${total > 0 ? html`<span>${duration(total * 1000)}</span>` : nothing}
      </div>
      <div class="days" aria-hidden="true">
        ${days.map(({ day }, index) => html`<span>${index % 2 === (days.length - 1) % 2 ? day.getDate() : ''}</span>`)}
      </div>
    </div>
    ${table(days)}`;
}

/**
 * @param {Day} day
 * @param {number} index
 * @param {number} most
 */
function bar({ day, saves, savedS }, index, most) {
  const height = (saves / most) * HEIGHT;
  const worth = savedS === undefined ? '' : `, ${duration(savedS * 1000)} saved`;
  return svg`<rect class="save-bar" x=${index * STEP + 3} width=${STEP - 6} y=${HEIGHT - height} height=${height}>
    <title>${day.toLocaleDateString()}: ${saves} ${saves === 1 ? 'save' : 'saves'}${worth}</title>
  </rect>`;
}

/**
 * @param {Day[]} days
 * @param {number} total
 */
function line(days, total) {
  let sum = 0;
  const points = days.map(({ savedS }, index) => {
    sum += savedS ?? 0;
    return `${index * STEP + STEP / 2},${HEIGHT - (sum / total) * HEIGHT}`;
  });
  return svg`<polyline class="save-line" points=${points.join(' ')} />`;
}

/**
 * The same for those who do not see the picture.
 * @param {Day[]} days
 */
function table(days) {
  return html`<table class="unseen">
    <caption>
      Saves by day
    </caption>
    <thead>
      <tr>
        <th scope="col">Day</th>
        <th scope="col">Saves</th>
        <th scope="col">Time saved</th>
      </tr>
    </thead>
    <tbody>
      ${days.map(
        ({ day, saves, savedS }) =>
          html`<tr>
            <th scope="row">${day.toLocaleDateString()}</th>
            <td>${saves}</td>
            <td>${savedS === undefined ? 'not told' : duration(savedS * 1000)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}
