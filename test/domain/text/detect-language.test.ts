import { describe, expect, it } from 'vitest';
import { detectLanguage } from '../../../src/domain/text/detect-language.js';

describe('detectLanguage', () => {
  it.each([
    ['How many days of annual leave do the employees of the company have?', 'en'],
    ['Wie viele Urlaubstage haben die Mitarbeiter des Unternehmens im Jahr?', 'de'],
    ['Combien de jours de congé les employés ont-ils par an ?', 'fr'],
    ['员工每年有多少天假期？公司会支付费用吗？', 'zh'],
    ['كم عدد أيام الإجازة السنوية للموظفين في الشركة؟', 'ar'],
  ])('knows the language of %j', (text, language) => {
    expect(detectLanguage(text)).toBe(language);
  });

  it('says nothing when it is not sure', () => {
    for (const text of ['', '12345', '???', ' ']) expect(detectLanguage(text)).toBeNull();
  });
});
