//! Promotions, and the laws that hold for any run.
