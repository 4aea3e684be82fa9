"""The platform of health insurance (国家医保信息平台), as an institution sees it.

Two channels. The *credential* channel turns a code or a face authorisation into an identity
(`ec.query` and its kin, JSON in JSON). The *institution* channel carries numbered transactions in
one envelope (9001 sign-in, 1101 person). Neither is published as a whole: what is known comes from
systems that use them, differs between provinces, and is a setting wherever that is so.
"""
