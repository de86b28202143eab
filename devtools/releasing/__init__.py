"""What a deployment uploads, and whether it is fit: size, bill of materials, known vulnerabilities, smoke test."""
