"""The grammar of HTTP fields: directives, structured fields, lists, dates, entity tags, ranges, cookies, handshakes.

Text in, values out, in linear time (RFC 9110, 9111, 8941, 6265, 6455, W3C Trace Context). What a field means for a
request is for the wings to say.
"""
