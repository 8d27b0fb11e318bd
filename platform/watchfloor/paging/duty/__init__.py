"""What the operator has agreed on about being on call, as it is kept, and whom that means now."""
