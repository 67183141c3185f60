import java.util.Comparator;
import java.util.stream.Stream;

record Point(int x, int y) {
    double length() {
        return Math.sqrt(x * x + y * y);
    }
}

sealed interface Shape permits Circle, Square {}

record Circle(double r) implements Shape {}

record Square(double a) implements Shape {}

public class Main {
    static double area(Shape s) {
        return switch (s) {
            case Circle c -> Math.PI * c.r() * c.r();
            case Square q -> q.a() * q.a();
        };
    }

    public static void main(String[] args) {
        System.out.println(Stream.of(new Point(1, 2), new Point(0, 1)).min(Comparator.comparing(Point::length)).get());
        System.out.println(area(new Circle(1)));
        String text = """
            new File("x").delete();
            """;
        System.out.println(text.strip());
    }
}
