class N {
    native int f();

    static {
        System.out.println(1);
    }
}
