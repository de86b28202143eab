/** How the people of a place write and count, in the words of BCP 47, which `Intl` takes. */
export interface Formats {
  currencyDigits: number;
  /** Of `currency`, in `language`. */
  currencySymbol: string;
  numberingSystem: string;
  decimal: string;
  group: string;
  hourCycle: "h11" | "h12" | "h23" | "h24";
  /** Monday is 1. */
  firstDayOfWeek: number;
  weekend: number[];
  calendar: string;
  measurementSystem: "metric" | "uksystem" | "ussystem";
  temperatureUnit: "celsius" | "fahrenheit";
  paperSize: "A4" | "US-Letter";
  /** With its "+". */
  callingCode: string;
  isEEA: boolean;
}

/** The answer of `GET /geo?include=formats`. Without a gateway only `language` is there: the browser's own. */
export interface Locale {
  /** BCP 47. */
  language: string;
  /** ISO 3166-1, or XK. */
  country?: string;
  region?: string;
  city?: string;
  /** IANA name; empty when it is not known. */
  timezone?: string;
  /** ISO 4217. */
  currency?: string;
  regionCode?: string;
  continent?: "AF" | "AN" | "AS" | "EU" | "NA" | "OC" | "SA";
  isEU?: boolean;
  currencies?: string[];
  languages?: string[];
  direction?: "ltr" | "rtl";
  source?: { country: string; currency: string; language: string };
  formats?: Formats;
}

export interface Geo {
  locale: Locale;
  /** An amount in major units, in the visitor's currency or another; a bare number where neither is known. */
  price(amount: number | bigint, currency?: string): string;
  /** A time as the visitor writes it, in their time zone; `options` are those of `Intl.DateTimeFormat`. */
  date(when: Date | number, options?: Intl.DateTimeFormatOptions): string;
  /** Save a preference, all of it: a member left out is forgotten. Gives the new answer; rejects when it is refused. */
  remember(wish: { language?: string | null; currency?: string | null }): Promise<Geo>;
}

/**
 * The visitor, asked once a session. Never rejects. Loaded as `geo.js?lang=de`, it asks for that language: for pages
 * whose own is settled. `?currency=` likewise.
 */
export function geo(): Promise<Geo>;
