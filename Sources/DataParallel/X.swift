import GPT
