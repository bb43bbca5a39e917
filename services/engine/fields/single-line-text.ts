import { textType } from './texts';

export const singleLineText = textType('singleLineText');
