//! What the shipped routers make of some hundred messages, through the real host. The messages are data, by theme:
//! `known` was looked at while the routers were mended, `held` was not.
