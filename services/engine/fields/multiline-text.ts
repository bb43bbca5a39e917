import { textType } from './texts';

export const multilineText = textType('multilineText');
