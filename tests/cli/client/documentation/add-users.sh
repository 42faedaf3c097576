#!/bin/bash

# Check if a file was provided as an argument
if [ $# -ne 1 ]; then
 echo "Usage: $0 <file>"
 exit 1
fi
# Loop through the file to read each user email address and the role, and use Astro CLI to invite them
while read line; do
 email=$(echo "$line" | cut -d' ' -f1)
 role=$(echo "$line" | cut -d' ' -f2)
 echo "Inviting $email as $role..."
 astro organization invite "$email" --role "$role"
done < "$1"
