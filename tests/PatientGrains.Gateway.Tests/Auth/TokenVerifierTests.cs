using PatientGrains.Core.Access;
using PatientGrains.Gateway.Auth;

namespace PatientGrains.Gateway.Tests.Auth;

/// <summary>A token that is remembered proves what it would prove if it were verified anew, and nothing more.</summary>
public sealed class TokenVerifierTests
{
    private static readonly GatewayOptions Options = new()
    {
        TokenKey = Enumerable.Repeat((byte)7, 32).ToArray(), Sources = [new Source("local", "urn:test:source:local")],
    };

    private readonly ManualTime _time = new();

    private string Token(TimeSpan validFor) => new TokenIssuer(Options, _time).Issue(
        new Requester { Subject = "dr-test", Roles = [Role.Clinician], Purpose = "TREAT", Source = "local" }, validFor);

    [Fact]
    public async Task A_token_is_verified_once_and_then_known()
    {
        var verifier = new TokenVerifier(Options, _time);
        string token = Token(TimeSpan.FromMinutes(10));
        var first = await verifier.Verify(token);
        Assert.Equal("dr-test", first.Who!.Subject);
        Assert.Same(first, await verifier.Verify(new string(token)));
        Assert.NotSame(first.Who, (await verifier.Verify(Token(TimeSpan.FromMinutes(10)))).Who);
    }

    [Fact]
    public async Task A_known_token_ends_when_it_expires_and_does_not_count_before_it_begins()
    {
        var verifier = new TokenVerifier(Options, _time);
        string token = Token(TimeSpan.FromMinutes(10));
        var issued = _time.Now;
        var proof = await verifier.Verify(token);
        Assert.Equal(issued + TimeSpan.FromMinutes(10) + Options.TokenClockSkew, proof.Until);
        _time.Now = proof.Until - TimeSpan.FromTicks(1);
        Assert.NotNull((await verifier.Verify(token)).Who);
        _time.Now = proof.Until;
        Assert.Equal("The token has expired or is not valid yet.", (await verifier.Verify(token)).Error);
        _time.Now = issued;
        Assert.NotNull((await verifier.Verify(token)).Who);
        _time.Now = issued - Options.TokenClockSkew - TimeSpan.FromSeconds(1);
        Assert.Equal("The token has expired or is not valid yet.", (await verifier.Verify(token)).Error);
    }

    [Fact]
    public async Task A_known_token_with_one_letter_changed_is_not_known()
    {
        var verifier = new TokenVerifier(Options, _time);
        string token = Token(TimeSpan.FromMinutes(10));
        Assert.NotNull((await verifier.Verify(token)).Who);
        for (int i = 0; i < token.Length; i++)
        {
            char other = token[i] == 'Q' ? 'Z' : 'Q';
            // The last letter of a segment has bits that mean nothing, but the text is another one all the same.
            var proof = await verifier.Verify($"{token[..i]}{other}{token[(i + 1)..]}");
            Assert.True(proof.Who is null || i == token.Length - 1);
        }
    }

    [Fact]
    public async Task What_one_server_knows_another_with_another_key_refuses()
    {
        string token = Token(TimeSpan.FromMinutes(10));
        Assert.NotNull((await new TokenVerifier(Options, _time).Verify(token)).Who);
        var other = new TokenVerifier(Options with { TokenKey = new byte[32] }, _time);
        Assert.Null((await other.Verify(token)).Who);
    }

    [Fact]
    public void What_is_used_stays_and_the_number_is_bounded()
    {
        var recent = new RecentlyUsed<int, string>(100);
        recent.Keep(0, "always asked for");
        for (int i = 1; i <= 10_000; i++)
        {
            recent.Keep(i, "once");
            Assert.NotNull(recent.Find(0));
        }
        Assert.InRange(Enumerable.Range(1, 10_000).Count(i => recent.Find(i) is not null), 1, 100);
        recent.Drop(0);
        Assert.Null(recent.Find(0));
    }

    private sealed class ManualTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
