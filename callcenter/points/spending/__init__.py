"""What points buy beside services: goods and phone credit of partners, and at a store's counter."""
