import { fill, h } from '../dom.js';
import { count, duration, withLocalTimes } from '../format.js';
import { OPERATION_STATES } from '../states.js';

/** A progress bar with its figures; the percentage is told aloud in steps of ten. */
export function progressBar(announce) {
  const fillBar = h('div', { class: 'bar-fill' });
  const bar = h(
    'div',
    {
      class: 'progress',
      role: 'progressbar',
      'aria-label': 'Progress',
      'aria-valuemin': '0',
      'aria-valuemax': '100',
    },
    fillBar,
  );
  const text = h('p', { class: 'progress-text' });
  let told = -1;
  return {
    element: h('div', null, bar, text),
    show(operation) {
      const { progress, status } = operation;
      const [name] = OPERATION_STATES[status] ?? [status];
      const known = progress !== null && progress.total > 0;
      const percent = known ? Math.min(100, Math.floor((progress.done / progress.total) * 100)) : 0;
      const rest =
        progress?.secondsLeft === undefined ? '' : `, about ${duration(progress.secondsLeft)} left`;
      const figures = known
        ? `${count(progress.done)} of ${count(progress.total)} ${progress.unit}${rest}`
        : '';
      bar.classList.toggle('unknown', !known);
      fillBar.style.inlineSize = known ? `${percent}%` : '';
      if (known) bar.setAttribute('aria-valuenow', String(percent));
      else bar.removeAttribute('aria-valuenow');
      bar.setAttribute('aria-valuetext', figures ? `${figures}, ${name}` : name);
      fill(
        text,
        h('strong', null, figures || name),
        progress?.message ? ` ${withLocalTimes(progress.message)}` : '',
      );
      const step = Math.floor(percent / 10);
      if (step !== told && known) announce(`${percent} percent, ${figures}`);
      told = step;
    },
  };
}
