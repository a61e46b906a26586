namespace PatientGrains.House.Tests;

public class BanTests
{
    public static TheoryData<string> Names => [.. Ban.All.Select(ban => ban.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_tree_is_free_of(string ban) => House.Holds(Named(ban).Violations(Repository.Code));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_ban_catches_its_offence(string ban) => Assert.Single(Named(ban).Violations([Snippet(Named(ban).Offence)]));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_ban_leaves_alone_what_looks_alike(string ban) => Assert.Empty(Named(ban).Violations([Snippet(Named(ban).Innocent)]));

    private static Ban Named(string name) => Ban.All.Single(ban => ban.Name == name);

    private static CodeFile Snippet(string text) => new("tests/Some.Tests/Snippet.cs", text);
}
