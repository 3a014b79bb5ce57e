"""Services that render elsewhere: how they are spoken to, ordered from and waited for."""
