//! Public verification of certificates.
